/** First key of the lock that each living process holds ('FHLD' as a number); its second key is the process's id. */
export const processLocks = 0x46484c44;

/** First key of the locks for one writer at a time; two keys, so that no other program's locks meet them. */
export const writerLocks = 0x46484c45;
export const locks = { migrate: 1, units: 2, audit: 3, plan: 4 } as const;
