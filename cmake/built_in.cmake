# A file of this repository as part of a library:
#   tokcast_built_in(model catalogue_data.h catalogue_json data/catalogue.json)
# defines `std::string_view catalogue_json()`, which src/model/catalogue_data.h declares, in the library tokcast::model,
# and builds that anew whenever the file changes. The bytes are the file's own, and live as long as the process.
function(tokcast_built_in library header name file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/built_in.cc.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  target_sources(tokcast_${library} PRIVATE ${source})
endfunction()
