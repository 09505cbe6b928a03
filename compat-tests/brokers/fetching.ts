/**
 * Whether packages for other languages may be fetched now. `npm test` on somebody's machine stays with what is there;
 * `npm run compat` and CI fetch what is missing, once, into the user's cache folder.
 */
export const mayFetch = process.env.CI !== undefined || process.env.ODRADEK_COMPAT_FETCH === '1'

export const howToFetch = '`npm run compat` fetches it'
