// Owns the precompiled header that all tests share; see kmpack_test_headers() in cmake/KmpackTargets.cmake.
