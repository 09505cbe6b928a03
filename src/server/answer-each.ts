import { KafkaError } from '../wire/errors.ts'

/** Answers about each of many, in order. A KafkaError about one is told in its place and doesn't hinder the others. */
export function answerEach<Asked, Answer>(
  asked: readonly Asked[],
  answer: (each: Asked) => Promise<Answer>,
  refused: (each: Asked, error: KafkaError) => Answer,
): Promise<Answer[]> {
  return Promise.all(
    asked.map(async (each) => {
      try {
        return await answer(each)
      } catch (error) {
        if (error instanceof KafkaError) return refused(each, error)
        throw error
      }
    }),
  )
}
