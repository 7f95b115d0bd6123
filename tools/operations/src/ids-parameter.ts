import Joi from 'joi';

/** How many things are compared at once. */
export const pageSize = 500;

/** Ids in a query string, as `1,2,3`: up to a page of them. */
export const idsParameter = Joi.string()
  .custom((value: string, { error }) => {
    const ids = value.split(',');
    return ids.length <= pageSize && ids.every((id) => /^[1-9][0-9]{0,9}$/.test(id))
      ? ids.map(Number)
      : error('ids.shape');
  })
  .messages({ 'ids.shape': `{#label} must be up to ${pageSize} ids, such as 1,2,3` });
