# What is installed where, and Debian packages of it by CPack: pncp-controller, pncp-agent, pncp-cli. scripts/package
# is how they are made. Packages are for the release of Debian they are built on or for.
set(PNCP_MAINTAINER "The PNCP maintainers <maintainers@pncp.invalid>" CACHE STRING "Maintainer named in the packages")
set(services "${PROJECT_SOURCE_DIR}/scripts/services")
set(made "${PROJECT_BINARY_DIR}/package")

install(TARGETS pncp-broker pncp-influx-bridge pncp-log-writer pncp-log-replay pncp-webhook pncp-swarm
  RUNTIME DESTINATION bin COMPONENT controller)
install(TARGETS pncp-agent RUNTIME DESTINATION bin COMPONENT agent)
install(TARGETS pncp-cli RUNTIME DESTINATION bin COMPONENT cli)
install(PROGRAMS "${services}/pncp-enroll" DESTINATION sbin COMPONENT agent)

# What the target `manual` has made by then (scripts/cmake/manual.cmake); looked for when installing, as OPTIONAL would leave
# empty folders.
function(install_made component file destination name)
  install(CODE "if(EXISTS \"${PROJECT_BINARY_DIR}/${file}\")
    file(INSTALL \"${PROJECT_BINARY_DIR}/${file}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${destination}\" RENAME \"${name}\")
  endif()" COMPONENT ${component})
endfunction()
function(install_pages component)
  foreach(page IN LISTS ARGN)
    string(REGEX MATCH "[0-9]$" section ${page})
    install_made(${component} man/${page}.gz share/man/man${section} ${page}.gz)
  endforeach()
endfunction()
install_pages(controller pncp-broker.8 pncp-influx-bridge.8 pncp-log-writer.8 pncp-log-replay.8
  pncp-webhook.8 pncp-swarm.1)
install_pages(agent pncp-agent.8 pncp-enroll.8)
install_pages(cli pncp.7 pncp-cli.1 pncp.toml.5 pncp-protocol.7)
install_made(cli completions/pncp-cli.bash share/bash-completion/completions pncp-cli)
install_made(cli completions/pncp-cli.zsh share/zsh/vendor-completions _pncp-cli)

# Debian looks for units in /lib, whatever the prefix, and for configuration in /etc.
install(FILES ${services}/systemd/pncp-broker.service ${services}/systemd/pncp-broker.path
  ${services}/systemd/pncp-influx-bridge.service
  ${services}/systemd/pncp-log-writer.service ${services}/systemd/pncp-webhook.service
  DESTINATION /lib/systemd/system COMPONENT controller)
install(FILES ${services}/systemd/pncp-agent.service DESTINATION /lib/systemd/system COMPONENT agent)
foreach(component controller agent)
  install(FILES ${services}/sysusers/pncp-${component}.conf DESTINATION lib/sysusers.d COMPONENT ${component})
  install(FILES ${services}/tmpfiles/pncp-${component}.conf DESTINATION lib/tmpfiles.d COMPONENT ${component})
endforeach()
install(FILES ${services}/etc/broker.toml ${services}/etc/influx-bridge.toml ${services}/etc/log-writer.toml
  ${services}/etc/webhook.toml DESTINATION /etc/pncp COMPONENT controller)
install(FILES ${services}/etc/agent.toml DESTINATION /etc/pncp COMPONENT agent)
install(FILES ${services}/etc/cli.toml DESTINATION /etc/pncp COMPONENT cli)
# Root's, and nobody else's to write: the agent refuses a folder of commands that others could change.
install(DIRECTORY DESTINATION /etc/pncp/commands.d COMPONENT agent)
install(DIRECTORY ${services}/commands.d ${services}/polkit ${services}/udev ${services}/led
  DESTINATION share/doc/pncp-agent/examples COMPONENT agent)
set(dashboards "${PROJECT_SOURCE_DIR}/scripts/dashboards")
install(DIRECTORY ${dashboards}/grafana DESTINATION share/pncp/dashboards COMPONENT controller)
install(FILES ${dashboards}/README.md ${dashboards}/retention.iql DESTINATION share/pncp/dashboards COMPONENT controller)
install(PROGRAMS ${dashboards}/retention DESTINATION share/pncp/dashboards COMPONENT controller)
install(PROGRAMS ${PROJECT_SOURCE_DIR}/scripts/examples/subscriber.py
  DESTINATION share/doc/pncp-controller/examples COMPONENT controller)

# --- what Debian wants beside the files ---
execute_process(COMMAND date --utc --rfc-email --date=@$ENV{SOURCE_DATE_EPOCH}
  OUTPUT_VARIABLE PNCP_PACKAGE_DATE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT PNCP_PACKAGE_DATE)
  string(TIMESTAMP PNCP_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" PNCP_LICENSE_TEXT)
string(REGEX REPLACE "^MIT License\n\n[^\n]*\n\n" "" PNCP_LICENSE_TEXT "${PNCP_LICENSE_TEXT}")
string(REGEX REPLACE "\n+$" "" PNCP_LICENSE_TEXT "${PNCP_LICENSE_TEXT}")
string(REPLACE "\n\n" "\n.\n" PNCP_LICENSE_TEXT "${PNCP_LICENSE_TEXT}")
string(REPLACE "\n" "\n " PNCP_LICENSE_TEXT "${PNCP_LICENSE_TEXT}")
foreach(component controller agent cli)
  set(package pncp-${component})
  set(PNCP_PACKAGE ${package})
  configure_file("${services}/debian/changelog.in" "${made}/${package}/changelog" @ONLY)
  configure_file("${services}/debian/copyright.in" "${made}/${package}/copyright" @ONLY)
  execute_process(COMMAND gzip -9n INPUT_FILE "${made}/${package}/changelog"
    OUTPUT_FILE "${made}/${package}/changelog.gz" COMMAND_ERROR_IS_FATAL ANY)
  # A native package: its version has no revision, and its changelog this name.
  install(FILES "${made}/${package}/copyright" "${made}/${package}/changelog.gz"
    DESTINATION share/doc/${package} COMPONENT ${component})
  if(EXISTS "${services}/debian/${package}.lintian-overrides")
    install(FILES "${services}/debian/${package}.lintian-overrides" DESTINATION share/lintian/overrides
      RENAME ${package} COMPONENT ${component})
  endif()
endforeach()

# The scripts around a service's installation are the same for each package, but for these names.
function(maintainer_scripts package enabled installed states)
  set(PNCP_PACKAGE ${package})
  set(PNCP_ENABLED_UNITS "${enabled}")
  set(PNCP_UNITS "${installed}")
  set(PNCP_STATE_FOLDERS "${states}")
  foreach(script postinst prerm postrm)
    configure_file("${services}/debian/${script}.in" "${made}/${package}/control/${script}" @ONLY
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()
endfunction()
function(conffiles package)
  list(TRANSFORM ARGN PREPEND "/etc/pncp/")
  list(JOIN ARGN "\n" text)
  file(CONFIGURE OUTPUT "${made}/${package}/control/conffiles" CONTENT "${text}\n" @ONLY)
endfunction()
maintainer_scripts(pncp-controller "pncp-broker.path pncp-broker.service pncp-log-writer.service"
  "pncp-broker.path pncp-broker.service pncp-log-writer.service pncp-influx-bridge.service pncp-webhook.service"
  "/var/lib/pncp /var/lib/pncp-bridge /run/pncp")
maintainer_scripts(pncp-agent "pncp-agent.service" "pncp-agent.service" "/var/lib/pncp-agent")
conffiles(pncp-controller broker.toml influx-bridge.toml log-writer.toml webhook.toml)
conffiles(pncp-agent agent.toml)
conffiles(pncp-cli cli.toml)

# --- CPack ---
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pncp)
set(CPACK_PACKAGE_VENDOR PNCP)
# With DESTDIR, as some files go to /etc and /lib.
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX "${PROJECT_BINARY_DIR}/packages")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# CPack puts any summary but this in front of each package's own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${PNCP_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# By hand, as dpkg-shlibdeps can't look into a sysroot; scripts/package --prove installs them on an empty Debian.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(PNCP_CROSS_ARCH)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${PNCP_CROSS_ARCH})
endif()
set(CPACK_COMPONENTS_ALL controller agent cli CACHE STRING "Components to package")

set(base "libc6 (>= 2.36), libgcc-s1 (>= 3.5), libstdc++6 (>= 12), libtomlplusplus3 (>= 3.3.0), libzmq5 (>= 4.3.4)")
set(logging "libfmt9 (>= 9.1.0), libspdlog1.10")
set(users "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_CONTROLLER_PACKAGE_NAME pncp-controller)
set(CPACK_DEBIAN_CONTROLLER_PACKAGE_DEPENDS
  "${base}, ${logging}, libcurl4 (>= 7.88.0), libsqlite3-0 (>= 3.40.0), zlib1g, ${users}")
set(CPACK_DEBIAN_CONTROLLER_PACKAGE_RECOMMENDS "pncp-cli")
set(CPACK_DEBIAN_CONTROLLER_PACKAGE_SUGGESTS "influxdb, pncp-agent, python3")
set(CPACK_COMPONENT_CONTROLLER_DESCRIPTION "controller of a fleet of Raspberry Pis: broker and its subscribers
One broker authenticates the devices, sends them commands, keeps every event in
a journal and publishes it.

With it come its subscribers: the bridge that stores metrics in InfluxDB 1.x,
the writer of a log of every protocol message, the replay of such logs, and
the webhook that posts alerts.")
set(CPACK_DEBIAN_AGENT_PACKAGE_NAME pncp-agent)
set(CPACK_DEBIAN_AGENT_PACKAGE_DEPENDS "${base}, ${users}")
set(CPACK_COMPONENT_AGENT_DESCRIPTION "agent of a PNCP fleet: metrics of this device, and commands for it
Sends metrics of this Raspberry Pi (or other Linux device) to a PNCP broker
and runs the commands that the broker's operators send: a few built-in ones,
and those that this device's administrator allows. It never listens.")
set(CPACK_DEBIAN_CLI_PACKAGE_NAME pncp-cli)
set(CPACK_DEBIAN_CLI_PACKAGE_DEPENDS "${base}, zlib1g")
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "pncp-controller")
set(CPACK_COMPONENT_CLI_DESCRIPTION "command line of a PNCP fleet
Sends commands to the devices of a fleet and shows what happened on each,
lists devices, keys and jobs, and reads and verifies the broker's log.")
foreach(component controller agent cli)
  string(TOUPPER ${component} upper)
  file(GLOB controls "${made}/pncp-${component}/control/*")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${controls}")
endforeach()
include(CPack)
