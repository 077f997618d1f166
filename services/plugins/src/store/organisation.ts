/**
 * The organisation, parameter `$1`, for statements that look up many rows by key while an organisation is stored.
 *
 * With the plain parameter the planner asks its statistics for this very organisation. One that they do not know yet has
 * one row, says the planner: then every index that begins with `organisation_id` looks as good as the next, the one that
 * it takes is read in full for each package, and storing a first inventory is quadratic. As a subquery the value is not
 * known when planning; what counts is how many rows an organisation has on average, and the whole key decides.
 *
 * Lists that people read keep the plain parameter: for them the organisation's own size is what to plan by.
 */
export const ORGANISATION = '(SELECT $1::uuid)';
