// What the Node programs share: say what is checked, end at the first difference.

const { isDeepStrictEqual, inspect } = require('node:util')

const port = Number(process.argv[2])

/** Compares; the first difference ends the program. */
function same(what, found, wanted) {
  if (!isDeepStrictEqual(found, wanted)) {
    console.log(`DIFFERENT ${what}: ${brief(found)}, not ${brief(wanted)}`)
    process.exit(1)
  }
  console.log(`ok ${what}`)
}

/** Checks that the promise is refused with an error whose text holds `words`. */
async function fails(what, words, promise) {
  let found
  try {
    found = await promise
  } catch (error) {
    return same(what, String(error.message).includes(words) || error.message, true)
  }
  console.log(`DIFFERENT ${what}: ${brief(found)}, not an error`)
  process.exit(1)
}

/** Waits until something holds; asks again and again. */
async function until(what, holds) {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  console.log(`DIFFERENT ${what}: it never came`)
  process.exit(1)
}

/** Runs a program; whatever it throws ends it with a complaint. */
function run(program) {
  program().then(() => process.exit(0), error => {
    console.log(`DIFFERENT ${error?.stack ?? error}`)
    process.exit(1)
  })
}

function brief(value) {
  const text = inspect(value, { depth: 5, breakLength: Infinity })
  return text.length < 500 ? text : `${text.slice(0, 500)}… (${text.length} characters)`
}

module.exports = { port, same, fails, until, run }
