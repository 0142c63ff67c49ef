"""Who sends a case."""

from dataclasses import dataclass

# What ends the session, the password or the tenant of the one who asks: he is thrown away with it.
THROW_AWAY = {"changePassword", "deleteTenant", "logOut", "logOutEverywhere", "refreshSession"}

SESSION = "accessToken refreshToken"
SIGN_UP = "mutation ($input: SignUpTenantInput!) { signUpTenant(input: $input) { %s } }" % SESSION
INVITE = "mutation ($input: InviteUserInput!) { inviteUser(input: $input) { token } }"
ACCEPT = "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { %s } }" % SESSION


@dataclass(frozen=True)
class Account:
    role: str
    subdomain: str
    access_token: str | None = None
    refresh_token: str | None = None


class Accounts:
    """The people of the seeded tenant, and of tenants that live for one case."""

    def __init__(self, server, plan):
        self.server = server
        self.password = plan["password"]
        self.made = 0
        self.kept = {role: Account(role, plan["subdomain"], token) for role, token in plan["tokens"].items()}
        self.kept["ANONYMOUS"] = Account("ANONYMOUS", plan["subdomain"])

    def for_case(self, field, role):
        if field not in THROW_AWAY or role == "ANONYMOUS":
            return self.kept[role]
        self.made += 1
        subdomain = f"thrown-{self.made}"
        anybody = Account("ANONYMOUS", subdomain)
        person = {"subdomain": subdomain, "name": "Thrown", "email": "a@a.example", "password": self.password}
        admin = self._signed_in("ADMIN", subdomain, self.server.data(SIGN_UP, person, None)["signUpTenant"])
        if role == "ADMIN":
            return admin
        invited = self.server.data(INVITE, {"email": "b@a.example"}, admin)["inviteUser"]
        joining = {"token": invited["token"], "password": self.password}
        return self._signed_in("USER", subdomain, self.server.data(ACCEPT, joining, anybody)["acceptInvitation"])

    def _signed_in(self, role, subdomain, session):
        return Account(role, subdomain, session["accessToken"], session["refreshToken"])
