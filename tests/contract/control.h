// What runners may ask for beside the cluster: a unix socket, one line in, one line out. See README.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scripted_node.h"
#include "test_cluster.h"
#include "words.h"

namespace contract {

class Control {
 public:
  explicit Control(test_cluster* cluster) : cluster_(cluster) {}
  ~Control();

  // Listens at the path, and answers until stop_fd can be read. False when it cannot listen.
  bool serve(const std::string& path, int stop_fd);

 private:
  std::string answer(const std::string& line);
  std::string run(const Words& words);
  void reset();
  std::string wait_blocked(int count);
  std::string script(const std::string& text, const std::string& text_of_b);
  std::string silent();
  std::string refused();
  std::string tls_cluster();
  static std::string tls_file(const std::string& name);
  int slot(const std::string& word) const;
  int node(const std::string& word) const;

  test_cluster* cluster_;
  test_cluster* tls_cluster_ = nullptr;
  std::vector<scripted_net*> nets_;
  std::vector<int> listeners_;
};

}  // namespace contract
