# How our targets are built: language level, warnings, the include folder, and the two functions every room uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(BELFRY_CCACHE ccache)
if(BELFRY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for before it caches objects that use a precompiled header; the rest lets another
  # clone of the repository use what was compiled in this one.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                                  CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${BELFRY_CCACHE})
endif()
find_program(BELFRY_MOLD mold)
if(BELFRY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Headers are included as "belfry/<room>/<file>.hpp", in the tree as when installed.
set(BELFRY_INCLUDE "${CMAKE_SOURCE_DIR}/build/include")
file(MAKE_DIRECTORY "${BELFRY_INCLUDE}/belfry")
foreach(room actors config io messages tests benchmarks)
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${room}" "${BELFRY_INCLUDE}/belfry/${room}" SYMBOLIC)
endforeach()
file(CREATE_LINK "${CMAKE_SOURCE_DIR}/actors/engine.hpp" "${BELFRY_INCLUDE}/belfry/engine.hpp" SYMBOLIC)

add_library(belfry_flags INTERFACE)
target_include_directories(belfry_flags INTERFACE "$<BUILD_INTERFACE:${BELFRY_INCLUDE}>")
target_compile_options(belfry_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wnon-virtual-dtor -Wcast-align
                                              -Wunused -Woverloaded-virtual -Wimplicit-fallthrough)
target_compile_definitions(belfry_flags INTERFACE BELFRY_VERSION="${PROJECT_VERSION}")

# Precompiled: what most files of a kind include, and what takes longest to read. Files still include what they use:
# `./dev check` compiles each header, and lints each source, without these.
set(BELFRY_PRECOMPILED_STD <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view>
                           <unordered_map> <variant> <vector>)
set(BELFRY_PRECOMPILED_CAF ${BELFRY_PRECOMPILED_STD} <caf/actor_system.hpp> <caf/send.hpp> <caf/stateful_actor.hpp>
                           <caf/typed_event_based_actor.hpp>)
set(BELFRY_PRECOMPILED_ASIO ${BELFRY_PRECOMPILED_STD} <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp>
                            <boost/asio/post.hpp> <boost/asio/ssl/context.hpp>)

# Most of a file's compile time is reading headers and instantiating the same templates again: the presets compile four
# files of a target as one (CMAKE_UNITY_BUILD), which builds everything in less than half the time. A file whose own
# names (of actors' states, of tests' helpers) meet those of its neighbours stays alone: belfry_alone(<file>...).
function(belfry_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
if(CMAKE_UNITY_BUILD)
  # Taken for a header's: the unnamed namespaces of the files that a unit includes.
  target_compile_options(belfry_flags INTERFACE -Wno-subobject-linkage)
endif()

# belfry_room(<name> SOURCES ... LINK ... [PRECOMPILE ...]): a static library `belfry_<name>`.
function(belfry_room name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRECOMPILE" ${ARGN})
  add_library(belfry_${name} STATIC ${arg_SOURCES})
  target_link_libraries(belfry_${name} PUBLIC ${arg_LINK} PRIVATE $<BUILD_INTERFACE:belfry_flags>)
  target_include_directories(belfry_${name} PUBLIC "$<BUILD_INTERFACE:${BELFRY_INCLUDE}>")
  if(arg_PRECOMPILE)
    target_precompile_headers(belfry_${name} PRIVATE ${arg_PRECOMPILE})
  endif()
endfunction()

# belfry_test(<name> SOURCES ... LINK ... [LABELS ...] [TIMEOUT s] [PRECOMPILE ...]): a GoogleTest program; every case
# is a ctest. One program per room keeps linking cheap. SERIAL: a single ctest for the whole program.
function(belfry_test name)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "SOURCES;LINK;LABELS;PRECOMPILE" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main belfry_flags)
  if(arg_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${arg_PRECOMPILE} <gtest/gtest.h>)
  else()
    target_precompile_headers(${name} REUSE_FROM belfry_test_headers)
  endif()
  if(arg_SERIAL)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  endif()
endfunction()
