#include "cli/find_model.h"

#include "base/text.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/user_catalogue.h"
#include "fetch/header_store.h"
#include "fetch/http.h"
#include "fetch/hub.h"
#include "fetch/remote_model.h"
#include "model/naming.h"

namespace tokcast {

Result<Shape> find_model(const std::string& name) {
  if (!is_remote_name(name)) {
    if (auto ok = use_user_catalogue(); !ok) return std::unexpected(ok.error());
    return find_shape(name);
  }
  return find_remote_model(name, *curl_http_client(http_options_from_environment()));
}

Result<Shape> find_remote_model(const std::string& name, HttpClient& client) {
  const Terminal terminal = terminal_of(2);
  Progress progress(stderr, terminal);
  if (terminal.rewrites_lines) progress.begin("Looking at " + printable(name));
  return RemoteModels(client, hub_access_from_environment(), default_header_store()).find_shape(name);
}

}  // namespace tokcast
