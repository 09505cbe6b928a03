import { connect } from 'node:net'
import { encodeRequestFrame, FrameSplitter } from '../src/wire/frame.ts'
import { decodeResponseHeader } from '../src/wire/header.ts'
import type { Api } from '../src/wire/schema/api.ts'
import type { Message } from '../src/wire/schema/message.ts'

export const host = '127.0.0.1'
const MAX_ANSWER_BYTES = 256 * 1024 * 1024
const ANSWER_TIMEOUT_MS = 60_000

/** Sends one request over a connection of its own and decodes the answer. Rejects when the connection ends first. */
export function ask<QD, Q, R, RE>(
  port: number,
  api: Api<Message<QD, Q>, Message<R, RE>>,
  version: number,
  request: Q,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => {
      for (const chunk of encodeRequestFrame(api, version, 1, 'bench', request)) socket.write(chunk)
    })
    const splitter = new FrameSplitter({ maxFrameBytes: MAX_ANSWER_BYTES }, (frame) => {
      socket.destroy()
      resolve(api.response.decode(frame, version, decodeResponseHeader(frame, api, version).bodyAt))
    })
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error(`${api.name} was not answered`)))
    socket.on('data', (chunk) => splitter.push(chunk))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`the connection ended before ${api.name} was answered`)))
  })
}
