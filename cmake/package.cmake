# What `cmake --install` gives: the program, one static library belfry::belfry made of the rooms' objects, the public
# headers, and the package files that find_package(belfry) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(BELFRY_ROOMS actors rules decision channel_core store webhook email mobile_channel fcm apns mobile
    web_push_channel web_push http_client http2_client outbound telemetry crypto config messages)
add_library(belfry_library STATIC)
foreach(room ${BELFRY_ROOMS})
  target_sources(belfry_library PRIVATE "$<TARGET_OBJECTS:belfry_${room}>")
endforeach()
add_library(belfry::belfry ALIAS belfry_library)
set_target_properties(belfry_library PROPERTIES OUTPUT_NAME belfry EXPORT_NAME belfry LINKER_LANGUAGE CXX)
target_compile_features(belfry_library PUBLIC cxx_std_20)
target_include_directories(belfry_library PUBLIC "$<BUILD_INTERFACE:${BELFRY_INCLUDE}>"
                                                 "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(belfry_library PRIVATE CAF::core CURL::libcurl OpenSSL::SSL OpenSSL::Crypto SQLite::SQLite3
                                             prometheus-cpp::core spdlog::spdlog nlohmann_json::nlohmann_json
                                             PkgConfig::GMIME PkgConfig::ICU PkgConfig::NGHTTP2 Threads::Threads)

set(BELFRY_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/belfry")
install(TARGETS belfry_library EXPORT belfry ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS belfry RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# Public: the engine, and what its header and an embedder need.
set(BELFRY_HEADERS_DIR "${CMAKE_INSTALL_INCLUDEDIR}/belfry")
install(FILES actors/engine.hpp DESTINATION "${BELFRY_HEADERS_DIR}")
install(FILES config/load.hpp config/options.hpp config/render.hpp config/validate.hpp
        DESTINATION "${BELFRY_HEADERS_DIR}/config")
install(FILES io/ports.hpp io/service.hpp DESTINATION "${BELFRY_HEADERS_DIR}/io")
install(DIRECTORY messages DESTINATION "${BELFRY_HEADERS_DIR}" FILES_MATCHING PATTERN "*.hpp")

install(EXPORT belfry NAMESPACE belfry:: FILE belfryTargets.cmake DESTINATION "${BELFRY_PACKAGE_DIR}")
configure_package_config_file(cmake/belfryConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/belfryConfig.cmake"
                              INSTALL_DESTINATION "${BELFRY_PACKAGE_DIR}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/belfryConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/belfryConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/belfryConfigVersion.cmake"
              cmake/FindCAF.cmake
        DESTINATION "${BELFRY_PACKAGE_DIR}")
