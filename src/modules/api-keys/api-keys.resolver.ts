import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { ApiKeyModel, apiKeyModel, CreateApiKeyPayloadModel } from './api-key.model.js';
import { ApiKeysService } from './api-keys.service.js';
import { CreateApiKeyInput } from './create-api-key.input.js';

@Resolver(() => ApiKeyModel)
export class ApiKeysResolver {
  constructor(private readonly keys: ApiKeysService) {}

  @Query(() => [ApiKeyModel], {
    description: 'Keys that are not revoked, newest first; expired ones are among them. For admins.',
  })
  @Allow('keys:manage')
  async apiKeys(): Promise<ApiKeyModel[]> {
    return (await this.keys.list()).map(apiKeyModel);
  }

  @Mutation(() => CreateApiKeyPayloadModel, {
    description: 'Makes a key for a program; its secret is shown this once. For admins.',
  })
  @Allow('keys:manage')
  async createApiKey(@Args('input') input: CreateApiKeyInput): Promise<CreateApiKeyPayloadModel> {
    const { key, secret } = await this.keys.create(input);
    return { apiKey: apiKeyModel(key), secret };
  }

  @Mutation(() => ApiKeyModel, {
    description:
      'Ends a key within a second, everywhere; its streams end within two. What was made with it stays. For admins.',
  })
  @Allow('keys:manage')
  async revokeApiKey(@Args('id', { type: () => ID }) id: string): Promise<ApiKeyModel> {
    return apiKeyModel(await this.keys.revoke(id));
  }
}
