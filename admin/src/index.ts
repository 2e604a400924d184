export type { CommandDeps } from './commands/command.js';
export { createCommands } from './commands/index.js';
export type { FlowChecker, FlowFinding, FlowSurroundings } from './core/config/uses.js';
export type { ScryptCost } from './core/password-hash.js';
export type { AdministrationDeps, ConfigValidators } from './handlers/config/change.js';
export { type ApiDeps, createApi } from './shell/api.js';
export { type AuthenticatorDeps, type AuthenticatorOptions, createAuthenticator } from './shell/authenticator.js';
export { createPromptFiles, type PromptFile, type PromptFiles, type PromptFilesOptions } from './shell/prompt-files.js';
export { hashGeneratedSecret, hashPassword, verifyPassword } from './shell/scrypt.js';
