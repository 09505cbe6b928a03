/** The package has types for its main module alone; this one has the same functions with another polynomial. */
declare module 'crc-32/crc32c.js' {
  const crc32c: typeof import('crc-32')
  export default crc32c
}
