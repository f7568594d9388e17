/** Asks the user one question at a time; while one is open, another gets the answer `busy` at once. */
export function oneAtATime<Question, Answer>(
  ask: (question: Question) => Promise<Answer>,
  busy: Answer,
): (question: Question) => Promise<Answer> {
  let isAsking = false;
  return async (question) => {
    if (isAsking) return busy;
    isAsking = true;
    try {
      return await ask(question);
    } finally {
      isAsking = false;
    }
  };
}
