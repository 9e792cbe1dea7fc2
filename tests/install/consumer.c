/* What a user of the installed library writes; C11 and C++17 both. */
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  if (strcmp(rc_version(), EXPECTED_VERSION) != 0) {
    fprintf(stderr, "rc_version() is %s, expected %s\n", rc_version(), EXPECTED_VERSION);
    return 1;
  }
  if (rc_key_slot("foo", 3) != 12182) {
    fprintf(stderr, "rc_key_slot(\"foo\") is %d, expected 12182\n", rc_key_slot("foo", 3));
    return 1;
  }

  /* An error made inside, so that the C++ part is linked and works: no options were given. */
  rc_error *error = NULL;
  rc_cluster *cluster = rc_cluster_open(NULL, &error);
  if (cluster != NULL || rc_error_code(error) != RC_ERR_INVALID_ARGUMENT) {
    fprintf(stderr, "rc_cluster_open(NULL) did not say RC_ERR_INVALID_ARGUMENT\n");
    return 1;
  }
  rc_error_free(error);
  return 0;
}
