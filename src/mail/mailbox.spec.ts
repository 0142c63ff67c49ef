import { describe, expect, it } from '@jest/globals';
import { mailboxOf } from './mailbox.js';

describe('The mailbox of an address', () => {
  it.each([
    ['Ada@Acme.Example', 'ada@acme.example'],
    ['ada+1@acme.example', 'ada@acme.example'],
    ['ada+a+b@acme.example', 'ada@acme.example'],
    ['a.d.a@gmail.com', 'ada@gmail.com'],
    ['A.D.A+news@GoogleMail.com', 'ada@gmail.com'],
    ['ada-shop@yahoo.co.uk', 'ada@yahoo.co.uk'],
    ['ada@acme.example.', 'ada@acme.example'],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example'],
  ])('of %s is %s', (address, mailbox) => {
    expect(mailboxOf(address)).toBe(mailbox);
  });

  it.each([
    ['a.da@acme.example', 'ada@acme.example'],
    ['ada-shop@acme.example', 'ada@acme.example'],
    ['+ada@acme.example', '+bob@acme.example'],
    ['ada@gmail.com', 'ada@yahoo.com'],
    ['ada@mail.acme.example', 'ada@acme.example'],
  ])('of %s is another one than of %s', (one, other) => {
    expect(mailboxOf(one)).not.toBe(mailboxOf(other));
  });
});
