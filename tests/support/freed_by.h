// A deleter that calls a function: std::unique_ptr<rc_reply, FreedBy<rc_reply_free>>.
#pragma once

template <auto function>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
