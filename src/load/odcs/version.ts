/** Versions of the standard by what they have words for. */
export type Version = '3.0' | '3.1' | '3.2';

/** What documents say in `apiVersion`; patches of 3.0 say the same things. */
export const apiVersions = ['v3.0.0', 'v3.0.1', 'v3.0.2', 'v3.1.0', 'v3.2.0'] as const;

export type ApiVersion = (typeof apiVersions)[number];

export function versionOf(apiVersion: ApiVersion): Version {
  switch (apiVersion) {
    case 'v3.2.0':
      return '3.2';
    case 'v3.1.0':
      return '3.1';
    default:
      return '3.0';
  }
}
