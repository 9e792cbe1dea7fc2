// Name lookup as a test wants it: what is told here answers the program's getaddrinfo, the library's calls
// included. Names that nobody has told go to the C library, as do addresses. For test programs that link
// test_fake_resolver.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// "127.0.0.1", or several in the order in which a client should try them: "127.0.0.2 ::1". Takes the place of
// what was told before; lookups that hang go on with it.
void fake_name_resolves(const char* name, const char* addresses);
void fake_name_fails(const char* name, int failure);  // EAI_NONAME, EAI_AGAIN, ...
void fake_name_hangs(const char* name);               // until it is told something else

// How many lookups of the name have begun since it was told first.
int fake_name_lookups(const char* name);

// Nobody has told anything any more; lookups that hang fail, and have ended when this returns.
void fake_names_clear(void);

#ifdef __cplusplus
}
#endif
