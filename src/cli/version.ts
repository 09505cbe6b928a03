/** The version of this package, as `--version` says it; a test keeps it equal to package.json's. */
export const version = '0.1.0'
