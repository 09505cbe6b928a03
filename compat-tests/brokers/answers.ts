import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Resolves when a broker at that address answers ApiVersions. An open port alone says nothing: a container engine
 * opens it long before the broker inside is up.
 */
export async function answers(host: string, port: number, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await ask(host, port))) {
    if (Date.now() > deadline) throw new Error(`${host}:${port} did not answer within ${timeoutMs} ms`)
    await delay(100)
  }
}

/** ApiVersions v0: size, api key 18, version 0, correlation id 7, client id "up". */
const question = Buffer.from(`0000000c00120000000000070002${Buffer.from('up').toString('hex')}`, 'hex')

async function ask(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(question))
    const settle = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(1_000, () => settle(false))
    socket.once('data', (bytes: Buffer) => settle(bytes.length >= 8 && bytes.readInt32BE(4) === 7))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
