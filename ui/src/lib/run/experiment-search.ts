import type { Search } from '../api/reads.ts';

export const EXPERIMENTS_SEARCH: Search = { orderBy: 'last_update_time DESC', limit: 50 };
