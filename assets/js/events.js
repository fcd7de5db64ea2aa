// Svelte wraps plain objects and lists so that it sees changes in them, and gradio looks through every event for every
// component of the page, twice: with hundreds of both that takes seconds. Events and their list never change, and
// objects of a class are left as they are.
class Fixed {}
class FixedList extends Array {
  static [Symbol.species] = Array; // what is picked from it is a list like any other
}
{
  const events = window.gradio_config?.dependencies ?? [];
  for (const event of events) Object.setPrototypeOf(event, Fixed.prototype);
  Object.setPrototypeOf(events, FixedList.prototype);
}
