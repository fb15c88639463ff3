# The manual and the completion scripts, out of the programs themselves: target `manual`, into man/ and completions/
# of the build folder. manual_PROGRAM makes the page of one program.
find_program(PNCP_MANUAL_PYTHON python3)
execute_process(COMMAND git -C "${PROJECT_SOURCE_DIR}" log -1 --format=%cs
  OUTPUT_VARIABLE PNCP_MANUAL_DATE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT PNCP_MANUAL_DATE)
  string(TIMESTAMP PNCP_MANUAL_DATE "%Y-%m-%d" UTC)
endif()
set(man "${PROJECT_BINARY_DIR}/man")
set(completions "${PROJECT_BINARY_DIR}/completions")
file(MAKE_DIRECTORY "${man}" "${completions}")
set(make_manual ${PNCP_MANUAL_PYTHON} "${PROJECT_SOURCE_DIR}/scripts/lib/manual.py")
add_custom_target(manual ALL)
if(NOT PNCP_MANUAL_PYTHON)
  message(STATUS "no python3, so no manual pages")
  return()
endif()

# manual_page(FILE DEPENDS... COMMAND words...): man/FILE.gz by manual.py, as part of the target `manual`.
function(manual_page file)
  cmake_parse_arguments(ARG "" "" "DEPENDS;COMMAND" ${ARGN})
  list(POP_FRONT ARG_COMMAND what)
  add_custom_command(OUTPUT "${man}/${file}.gz"
    COMMAND ${make_manual} ${what} "${man}/${file}.gz" ${PNCP_MANUAL_DATE} ${PROJECT_VERSION} ${ARG_COMMAND}
    DEPENDS ${ARG_DEPENDS} "${PROJECT_SOURCE_DIR}/scripts/lib/manual.py"
    COMMENT "Manual page ${file}" VERBATIM)
  string(REGEX REPLACE "\\.[0-9]$" "" name "${file}")
  add_custom_target(manual_${name} DEPENDS "${man}/${file}.gz")
  add_dependencies(manual manual_${name})
endfunction()

set(programs_of_settings "")
foreach(page pncp-broker.8 pncp-agent.8 pncp-influx-bridge.8 pncp-log-writer.8 pncp-log-replay.8 pncp-webhook.8
    pncp-swarm.1 pncp-cli.1)
  string(REGEX REPLACE "\\.[0-9]$" "" program "${page}")
  set(command ${CMAKE_CROSSCOMPILING_EMULATOR} "$<TARGET_FILE:${program}>")
  manual_page(${page} DEPENDS ${program} COMMAND page ${command})
  # pncp-log-replay has no file of settings.
  if(NOT program STREQUAL "pncp-log-replay")
    list(APPEND programs_of_settings ${command} ",")
    list(APPEND every_program ${program})
  endif()
endforeach()
list(POP_BACK programs_of_settings)

set(head "${PROJECT_SOURCE_DIR}/schema/program/pncp.toml.5.in")
manual_page(pncp.toml.5 DEPENDS ${every_program} "${head}" COMMAND settings "${head}" ${programs_of_settings})
manual_page(pncp-protocol.7 DEPENDS "${PROJECT_SOURCE_DIR}/schema/PROTOCOL.md"
  COMMAND markdown pncp-protocol 7 "${PROJECT_SOURCE_DIR}/schema/PROTOCOL.md")
# The handbook and what else a user looks up.
manual_page(pncp.7 DEPENDS "${PROJECT_SOURCE_DIR}/README.md"
  COMMAND markdown pncp 7 "${PROJECT_SOURCE_DIR}/README.md" "Use it")

set(enroll "${PROJECT_SOURCE_DIR}/scripts/services/pncp-enroll")
manual_page(pncp-enroll.8 DEPENDS "${enroll}"
  COMMAND script pncp-enroll 8 "place this device's key and start its agent" "${enroll}" "pncp-agent(8),pncp-cli(1)")

foreach(shell bash zsh)
  add_custom_command(OUTPUT "${completions}/pncp-cli.${shell}"
    COMMAND sh -c "exec \"$@\" >\"$0\"" "${completions}/pncp-cli.${shell}" ${CMAKE_CROSSCOMPILING_EMULATOR}
      "$<TARGET_FILE:pncp-cli>" completion ${shell}
    DEPENDS pncp-cli VERBATIM)
  add_custom_target(completion_${shell} DEPENDS "${completions}/pncp-cli.${shell}")
  add_dependencies(manual completion_${shell})
endforeach()
