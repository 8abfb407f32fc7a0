# One library per noun, with its tests beside the sources:
#   tokcast_library(base SOURCES a.cc b.cc TESTS a_test.cc DEPENDS tokcast::model fmt::fmt)

add_library(tokcast_warnings INTERFACE)
target_compile_options(tokcast_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                  -Wno-missing-field-initializers -Werror
                       # g++ 12 sees overlaps in std::string concatenation that are not there (GCC bug 105651).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# The one test executable: each library adds its tests to it.
if(TOKCAST_TESTS)
  add_executable(unit_tests)
  target_link_libraries(unit_tests PRIVATE GTest::gtest_main GTest::gmock tokcast_warnings)
  target_include_directories(unit_tests PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(unit_tests PRIVATE TOKCAST_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endif()

function(tokcast_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TESTS;DEPENDS")
  add_library(tokcast_${name} STATIC ${arg_SOURCES})
  add_library(tokcast::${name} ALIAS tokcast_${name})
  target_include_directories(tokcast_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(tokcast_${name} PUBLIC ${arg_DEPENDS} PRIVATE tokcast_warnings)
  if(TOKCAST_TESTS AND arg_TESTS)
    list(TRANSFORM arg_TESTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    target_sources(unit_tests PRIVATE ${arg_TESTS})
    target_link_libraries(unit_tests PRIVATE tokcast_${name})
  endif()
endfunction()

# The lines of a source, and of the headers beside it that it includes, that name something of ours.
function(tokcast_naming_lines source out)
  file(STRINGS ${source} lines REGEX TOKCAST_)
  file(STRINGS ${source} includes REGEX "^#include \"[a-z_]+\\.h\"")
  cmake_path(GET source PARENT_PATH folder)
  foreach(include ${includes})
    string(REGEX REPLACE "^#include \"([a-z_]+\\.h)\".*" "\\1" header ${include})
    if(EXISTS ${folder}/${header})
      tokcast_naming_lines(${folder}/${header} more)
      list(APPEND lines ${more})
    endif()
  endforeach()
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# Gives each definition of a test executable (they are paths) to the sources that name it and no others: ccache knows a
# file by its compiler command, and a path in there hides what another clone has compiled.
function(tokcast_definitions_where_used target)
  get_target_property(definitions ${target} COMPILE_DEFINITIONS)
  get_target_property(folder ${target} SOURCE_DIR)
  get_target_property(sources ${target} SOURCES)
  set_property(TARGET ${target} PROPERTY COMPILE_DEFINITIONS)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
    tokcast_naming_lines(${source} lines)
    foreach(definition ${definitions})
      string(REGEX MATCH "^[A-Z_]+" name ${definition})
      if("${lines}" MATCHES ${name})
        set_property(SOURCE ${source} TARGET_DIRECTORY ${target} APPEND PROPERTY COMPILE_DEFINITIONS ${definition})
      endif()
    endforeach()
  endforeach()
endfunction()
