/** A value that has no place in its message: the fault of whoever made it, told with the field's path. */
export class EncodeError extends TypeError {
  override readonly name = 'EncodeError'
}
