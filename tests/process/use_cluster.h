#pragma once

/* Opens the cluster of RC_TEST_NODES and runs commands whose replies take every way through the parser. Says
 * on stderr what is wrong; returns 0 when nothing is. */
int use_cluster(void);
