// The program: arguments in, output and exit status out.
#ifndef TOKCAST_CLI_APPLICATION_H_
#define TOKCAST_CLI_APPLICATION_H_

#include <string>
#include <vector>

namespace tokcast {

// `arguments` without the program's name. Prints; returns what the process shall end with.
int run_application(std::vector<std::string> arguments);

}  // namespace tokcast

#endif  // TOKCAST_CLI_APPLICATION_H_
