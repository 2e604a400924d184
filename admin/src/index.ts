export type { CommandDeps } from './commands/command.js';
export { createCommands } from './commands/index.js';
export type { ScryptCost } from './core/password-hash.js';
export { type ApiDeps, createApi } from './shell/api.js';
export { type AuthenticatorDeps, type AuthenticatorOptions, createAuthenticator } from './shell/authenticator.js';
export { hashPassword, verifyPassword } from './shell/scrypt.js';
