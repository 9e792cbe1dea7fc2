#include "bridge_answer.h"
#include "bridge_arguments.h"

rc_scan* rcgo_scan(rc_cluster* cluster, rcgo_scan_terms terms, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_scan* scan = rc_scan_new(cluster, &error);
  int code = scan == NULL ? RC_ERR_NO_MEMORY : RC_OK;
  if (code == RC_OK && terms.match != NULL)
    code = rc_scan_set_match(scan, terms.match, terms.match_len, &error);
  if (code == RC_OK && terms.count != 0) code = rc_scan_set_count(scan, terms.count, &error);
  if (code == RC_OK && terms.type != NULL) code = rc_scan_set_type(scan, terms.type, &error);
  if (code == RC_OK && terms.cursor != NULL) code = rc_scan_set_cursor(scan, terms.cursor, &error);
  if (code == RC_OK) {
    rcgo_answer_nothing(answer);
    return scan;
  }
  rc_scan_free(scan);
  rcgo_answer_error(answer, error);
  return NULL;
}

void rcgo_scan_next(rc_scan* scan, rcgo_terms terms, rcgo_answer* answer) {
  rc_error* error = NULL;
  rc_call_options* options = NULL;
  rc_reply* reply = NULL;
  const int code = rcgo_make_options(terms, &options, &error);
  if (code == RC_OK) reply = rc_scan_next_with(scan, options, &error);
  rc_call_options_free(options);
  if (code == RC_OK && reply == NULL && error == NULL) {
    rcgo_answer_nothing(answer);
  } else {
    rcgo_answer_reply(answer, reply, error);
  }
}
