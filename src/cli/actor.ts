import { userInfo } from 'node:os';

/** Who gives the commands here, as the audit log names them. */
export function actor(): string {
  return `user:${userInfo().username}`;
}
