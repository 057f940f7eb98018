# How a folder becomes a library and a test program.

add_library(parley_options INTERFACE)
target_include_directories(parley_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(parley_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives for the first two when it inlines std::variant and std::vector, and for the third where
  # a test replaces operator new and delete.
  target_compile_options(parley_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete -Wno-missing-field-initializers)
else()
  target_compile_options(parley_options INTERFACE -Wthread-safety -Wno-missing-designated-field-initializers
    # libstdc++ 12's own stable_sort uses get_temporary_buffer.
    -Wno-deprecated-declarations)
endif()
if(PARLEY_SANITIZE)
  target_compile_options(parley_options INTERFACE -fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(parley_options INTERFACE -fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_FUZZ)
  target_compile_options(parley_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(PARLEY_LINKER mold)
if(PARLEY_LINKER)
  add_link_options(-fuse-ld=mold)
endif()

# parley_module(NAME DEPS folder... LIBS target...): every .cc of the folder but the tests and benches makes
# the library parley_NAME; its *_test.cc make the test program NAME_test; *_bench.cc the program NAME_bench.
function(parley_module name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_bench.cc)
  file(GLOB mains CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/main.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(benches)
    list(REMOVE_ITEM sources ${benches})
  endif()
  if(mains)
    list(REMOVE_ITEM sources ${mains})
  endif()
  list(TRANSFORM arg_DEPS PREPEND parley_)
  list(TRANSFORM arg_TEST_DEPS PREPEND parley_)
  if(sources)
    add_library(parley_${name} STATIC ${sources})
    target_link_libraries(parley_${name} PUBLIC parley_options ${arg_DEPS} ${arg_LIBS})
  else()
    add_library(parley_${name} INTERFACE)
    target_link_libraries(parley_${name} INTERFACE parley_options ${arg_DEPS} ${arg_LIBS})
  endif()
  if(tests AND NOT PARLEY_FUZZ)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE parley_${name} ${arg_TEST_DEPS} ${arg_TEST_LIBS} GTest::gmock GTest::gtest_main)
    # For test data: __FILE__ may be relative under a compiler cache.
    target_compile_definitions(${name}_test PRIVATE PARLEY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME unit/${name} COMMAND ${name}_test)
    set_tests_properties(unit/${name} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
  if(benches AND NOT PARLEY_FUZZ AND NOT PARLEY_SANITIZE)
    find_package(benchmark REQUIRED)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE parley_${name} ${arg_TEST_DEPS} benchmark::benchmark_main)
  endif()
endfunction()
