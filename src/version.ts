import manifest from '../package.json' with { type: 'json' };

/** The version of autoscrape. */
export const { version } = manifest;
