/** Lint rules that oxlint does not bring along. */

const forbid = (message, visitors) => ({
  create: (context) =>
    Object.fromEntries(
      Object.entries(visitors).map(([node, isForbidden]) => [
        node,
        (found) => isForbidden(found) && context.report({ node: found, message }),
      ]),
    ),
});

const hasIPrefix = ({ id }) => /^I[A-Z][a-z]/.test(id.name);

export default {
  meta: { name: 'house' },
  rules: {
    'no-enum': forbid('Use a union of string literals instead of an enum.', {
      TSEnumDeclaration: () => true,
    }),
    'no-query-through-model': forbid(
      'Name a statement with defineStatement and run it with sql: without a database this does nothing, silently.',
      {
        CallExpression: ({ callee }) =>
          callee.type === 'MemberExpression' && callee.optional && callee.property.name === 'query',
      },
    ),
    'no-i-prefix': forbid('Name a type after what it is, without an I in front.', {
      TSInterfaceDeclaration: hasIPrefix,
      TSTypeAliasDeclaration: hasIPrefix,
    }),
  },
};
