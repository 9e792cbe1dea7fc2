#include "bridge_answer.h"

#include <stdlib.h>
#include <string.h>

/* Longer texts are not copied here: Go copies them from the reply itself. */
enum { FAR_FROM = 1024 };

typedef struct writer {
  rcgo_answer* answer;
  char* begin;
  char* at;
  char* end;
  int failed; /* out of memory */
  int far;    /* the reply must stay */
  int near;   /* what the texts lie in does not stay: all are copied */
} writer;

static writer start(rcgo_answer* answer) {
  answer->size = answer->heap = answer->reply = 0;
  return (writer){
      .answer = answer, .begin = answer->near, .at = answer->near, .end = answer->near + sizeof answer->near};
}

static void finish(writer* to) {
  to->answer->size = (uint64_t)(to->at - to->begin);
  to->answer->heap = to->begin == to->answer->near ? 0 : (uint64_t)(uintptr_t)to->begin;
}

/* Room for so many bytes more, or NULL. */
static char* reserve(writer* to, size_t bytes) {
  if (to->failed) return NULL;
  if ((size_t)(to->end - to->at) < bytes) {
    const size_t used = (size_t)(to->at - to->begin);
    const size_t size = 2 * (used + bytes);
    const int near = to->begin == to->answer->near;
    char* grown = realloc(near ? NULL : to->begin, size);
    if (grown == NULL) {
      to->failed = 1;
      return NULL;
    }
    if (near) memcpy(grown, to->begin, used);
    to->begin = grown;
    to->at = grown + used;
    to->end = grown + size;
  }
  char* at = to->at;
  to->at += bytes;
  return at;
}

static void put(char* at, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) at[i] = (char)(number >> (8 * i));
}

static void put_type(writer* to, int type) {
  char* at = reserve(to, 1);
  if (at != NULL) *at = (char)type;
}

static void put_u32(writer* to, uint64_t number) {
  char* at = reserve(to, 4);
  if (at != NULL) put(at, number, 4);
}

static void put_u64(writer* to, uint64_t number) {
  char* at = reserve(to, 8);
  if (at != NULL) put(at, number, 8);
}

static void put_bytes(writer* to, const char* bytes, size_t length) {
  char* at = reserve(to, 4 + length);
  if (at == NULL) return;
  put(at, length, 4);
  if (length > 0) memcpy(at + 4, bytes, length);
}

static void put_string(writer* to, const char* text) {
  put_bytes(to, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void put_integer(writer* to, int64_t number) {
  put_type(to, RC_REPLY_INTEGER);
  put_u64(to, (uint64_t)number);
}

static void put_reply(writer* to, const rc_reply* reply);

static void put_error(writer* to, int type, const rc_error* error) {
  put_type(to, type);
  put_u32(to, (uint64_t)rc_error_code(error));
  put_u32(to, (uint64_t)rc_error_outcome(error));
  put_string(to, rc_error_server_code(error));
  put_string(to, rc_error_message(error));
  put_u32(to, rc_error_part_count(error));
  for (size_t i = 0; i < rc_error_part_count(error); ++i) {
    const rc_reply* reply = rc_error_part_reply(error, i);
    const rc_error* failed = rc_error_part_error(error, i);
    put_string(to, rc_error_part_node(error, i));
    put_u32(to, rc_error_part_key_count(error, i));
    for (size_t k = 0; k < rc_error_part_key_count(error, i); ++k)
      put_u32(to, rc_error_part_key(error, i, k));
    if (reply != NULL) {
      put_reply(to, reply);
    } else {
      put_type(to, RC_REPLY_NIL);
    }
    if (failed != NULL) {
      put_error(to, RC_REPLY_ERROR, failed);
    } else {
      put_type(to, RC_REPLY_NIL);
    }
  }
}

/* Always has room. */
static void answer_no_memory(rcgo_answer* answer, int outcome) {
  writer to = start(answer);
  put_type(&to, RCGO_FAILED);
  put_u32(&to, RC_ERR_NO_MEMORY);
  put_u32(&to, (uint64_t)outcome);
  put_string(&to, NULL);
  put_string(&to, "out of memory");
  put_u32(&to, 0);
  finish(&to);
}

/* Whether there was memory for all of it. */
static int finish_or_free(writer* to) {
  if (!to->failed) {
    finish(to);
  } else if (to->begin != to->answer->near) {
    free(to->begin);
  }
  return !to->failed;
}

static void put_text(writer* to, int type, const rc_reply* reply) {
  size_t length = 0;
  const char* text = rc_reply_string(reply, &length);
  if (length < FAR_FROM || to->near) {
    put_type(to, type);
    put_bytes(to, text, length);
    return;
  }
  put_type(to, type | RCGO_FAR);
  put_u64(to, (uint64_t)(uintptr_t)text);
  put_u64(to, length);
  to->far = 1;
}

/* Replies are at most 256 deep, so this may call itself. */
static void put_reply(writer* to, const rc_reply* reply) {
  const int type = rc_reply_type(reply);
  switch (type) {
    case RC_REPLY_STATUS:
    case RC_REPLY_STRING:
    case RC_REPLY_BIG_NUMBER:
    case RC_REPLY_VERBATIM:
      put_text(to, type, reply);
      break;
    case RC_REPLY_INTEGER:
    case RC_REPLY_BOOL:
      put_type(to, type);
      put_u64(to, (uint64_t)rc_reply_integer(reply));
      break;
    case RC_REPLY_DOUBLE: {
      const double number = rc_reply_double(reply);
      uint64_t bits = 0;
      memcpy(&bits, &number, sizeof bits);
      put_type(to, type);
      put_u64(to, bits);
      break;
    }
    case RC_REPLY_ERROR:
      put_error(to, type, rc_reply_error(reply));
      break;
    case RC_REPLY_ARRAY:
    case RC_REPLY_MAP:
    case RC_REPLY_SET:
    case RC_REPLY_PUSH: {
      const size_t count = rc_reply_length(reply);
      put_type(to, type);
      put_u32(to, count);
      for (size_t i = 0; i < count; ++i) put_reply(to, rc_reply_element(reply, i));
      break;
    }
    default: /* nil, and types of later versions, which may have text */
      if (rc_reply_string(reply, NULL) != NULL) {
        put_text(to, RC_REPLY_STRING, reply);
      } else {
        put_type(to, RC_REPLY_NIL);
      }
  }
}

void rcgo_answer_error(rcgo_answer* answer, rc_error* error) {
  if (error == NULL) {
    answer_no_memory(answer, RC_OUTCOME_NOT_SENT);
    return;
  }
  writer to = start(answer);
  to.near = 1;
  put_error(&to, RCGO_FAILED, error);
  if (!finish_or_free(&to)) answer_no_memory(answer, rc_error_outcome(error));
  rc_error_free(error);
}

void rcgo_answer_reply(rcgo_answer* answer, rc_reply* reply, rc_error* error) {
  if (reply == NULL) {
    rcgo_answer_error(answer, error);
    return;
  }
  writer to = start(answer);
  put_reply(&to, reply);
  if (!finish_or_free(&to)) {
    answer_no_memory(answer, RC_OUTCOME_UNKNOWN);
  } else if (to.far) {
    answer->reply = (uint64_t)(uintptr_t)reply;
    return;
  }
  rc_reply_free(reply);
}

void rcgo_answer_nothing(rcgo_answer* answer) {
  writer to = start(answer);
  put_type(&to, RC_REPLY_NIL);
  finish(&to);
}

static void put_array(writer* to, size_t count) {
  put_type(to, RC_REPLY_ARRAY);
  put_u32(to, count);
}

static void put_status(writer* to, const char* text) {
  put_type(to, RC_REPLY_STATUS);
  put_string(to, text);
}

/* [nodes: [host, port, is primary, is connected, slots, id, index of its primary, [first, last]...]...,
 * slots covered, seeds..., counters: [name, number]...] */
void rcgo_answer_info(rcgo_answer* answer, rc_info* info) {
  static const char* const counters[] = {"refreshes", "moved",    "ask",      "waits",
                                         "retries",   "timeouts", "connects", "unknown"};
  const size_t counter_count = sizeof counters / sizeof *counters;
  writer to = start(answer);
  put_array(&to, 4);
  put_array(&to, rc_info_node_count(info));
  for (size_t i = 0; i < rc_info_node_count(info); ++i) {
    put_array(&to, 8);
    put_status(&to, rc_info_node_host(info, i));
    put_integer(&to, rc_info_node_port(info, i));
    put_integer(&to, rc_info_node_is_primary(info, i));
    put_integer(&to, rc_info_node_is_connected(info, i));
    put_integer(&to, rc_info_node_slot_count(info, i));
    put_status(&to, rc_info_node_id(info, i));
    put_integer(&to, rc_info_node_primary(info, i));
    put_array(&to, 2 * rc_info_node_range_count(info, i));
    for (size_t r = 0; r < rc_info_node_range_count(info, i); ++r) {
      put_integer(&to, rc_info_node_range_first(info, i, r));
      put_integer(&to, rc_info_node_range_last(info, i, r));
    }
  }
  put_integer(&to, rc_info_slots_covered(info));
  put_array(&to, rc_info_seed_count(info));
  for (size_t i = 0; i < rc_info_seed_count(info); ++i) put_status(&to, rc_info_seed(info, i));
  put_array(&to, 2 * counter_count);
  for (size_t i = 0; i < counter_count; ++i) {
    put_status(&to, counters[i]);
    put_integer(&to, (int64_t)rc_info_counter(info, counters[i]));
  }
  rc_info_free(info);
  if (!finish_or_free(&to)) answer_no_memory(answer, RC_OUTCOME_NOT_SENT);
}

/* [text, keys..., slot, host, port, only reads, may block] */
void rcgo_answer_explanation(rcgo_answer* answer, rc_explanation* explanation, rc_error* error) {
  if (explanation == NULL) {
    rcgo_answer_error(answer, error);
    return;
  }
  writer to = start(answer);
  put_array(&to, 7);
  put_status(&to, rc_explanation_text(explanation));
  put_array(&to, rc_explanation_key_count(explanation));
  for (size_t i = 0; i < rc_explanation_key_count(explanation); ++i) {
    size_t length = 0;
    const char* key = rc_explanation_key(explanation, i, &length);
    put_type(&to, RC_REPLY_STATUS);
    put_bytes(&to, key, length);
  }
  put_integer(&to, rc_explanation_slot(explanation));
  put_status(&to, rc_explanation_host(explanation));
  put_integer(&to, rc_explanation_port(explanation));
  put_integer(&to, rc_explanation_is_read_only(explanation));
  put_integer(&to, rc_explanation_may_block(explanation));
  rc_explanation_free(explanation);
  if (!finish_or_free(&to)) answer_no_memory(answer, RC_OUTCOME_NOT_SENT);
}

void rcgo_release(rcgo_answer* answer) {
  free((void*)(uintptr_t)answer->heap);
  rc_reply_free((rc_reply*)(uintptr_t)answer->reply);
  answer->heap = answer->reply = 0;
}
