# What is installed, and packages of it: a .deb and a relocatable tarball (scripts/package.sh).
include(GNUInstallDirs)

# Manuals and completions are made by the executable itself, from its one command tree; so they cannot be made for another
# processor than the builder's.
set(manuals ${PROJECT_BINARY_DIR}/manuals)
add_custom_command(
  OUTPUT ${manuals}/made
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${manuals}/man1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manuals}/man1
  COMMAND tokcast man --directory ${manuals}/man1
  COMMAND sh -c "gzip -9n man1/*.1"
  COMMAND sh -c "$<TARGET_FILE:tokcast> completion bash >tokcast"
  COMMAND sh -c "$<TARGET_FILE:tokcast> completion zsh >_tokcast"
  COMMAND sh -c "$<TARGET_FILE:tokcast> completion fish >tokcast.fish"
  COMMAND sh -c "gzip -9nc ${PROJECT_SOURCE_DIR}/packaging/changelog >changelog.gz"
  COMMAND ${CMAKE_COMMAND} -E touch ${manuals}/made
  DEPENDS tokcast ${PROJECT_SOURCE_DIR}/packaging/changelog
  WORKING_DIRECTORY ${PROJECT_BINARY_DIR}/manuals
  VERBATIM)
file(MAKE_DIRECTORY ${manuals})
add_custom_target(manuals DEPENDS ${manuals}/made)

set(share ${CMAKE_INSTALL_DATAROOTDIR})
install(DIRECTORY ${manuals}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)
install(FILES ${manuals}/tokcast DESTINATION ${share}/bash-completion/completions OPTIONAL)
install(FILES ${manuals}/_tokcast DESTINATION ${share}/zsh/vendor-completions OPTIONAL)
install(FILES ${manuals}/tokcast.fish DESTINATION ${share}/fish/vendor_completions.d OPTIONAL)
install(FILES ${manuals}/changelog.gz README.md CHANGELOG.md packaging/copyright DESTINATION ${share}/doc/tokcast OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${share}/doc/tokcast/docs FILES_MATCHING PATTERN *.md PATTERN *.json)
install(FILES packaging/tokcast.service DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_CONTACT "The tokcast authors <maintainers@tokcast.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "forecasts how fast language models answer on this machine")
set(CPACK_PACKAGE_DESCRIPTION
    "tokcast runs the real llama.cpp on a few layers of a model, filled with random\nnumbers, and extends what it measures to the whole: seconds to the first token\nand for a turn, each as an interval, before anything is downloaded. It chooses\na model for a machine, fetches it, measures it against what was promised, and\nserves it without ever answering late.")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded when it is needed (src/machine/highway_library.cc), so that nobody sees it.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libhwy1 | libhwy1t64")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "xdg-utils")
include(CPack)
