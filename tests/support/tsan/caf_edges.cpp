// CAF is Debian's and not instrumented: ThreadSanitizer sees neither its atomics nor, so, what its mailboxes and counts
// of references put in order. These functions take the place of CAF's, tell ThreadSanitizer of exactly that order, and
// call CAF's. Nothing is suppressed: a race in what our actors do with each other's memory is still found.

#include <caf/actor_control_block.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduled_actor.hpp>

#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

namespace {

/// CAF's own function of that mangled name.
template <class F>
F* of_caf(const char* name) {
  auto* found = dlsym(RTLD_NEXT, name);
  if (!found) {
    std::fprintf(stderr, "caf_edges: this CAF has no %s\n", name);
    std::abort();
  }
  return reinterpret_cast<F*>(found);
}

void happens_before(const void* what) {
  __tsan_release(const_cast<void*>(what));
}

void happens_after(const void* what) {
  __tsan_acquire(const_cast<void*>(what));
}

} // namespace

namespace caf {

// -- an actor sees what came before a message was sent to it, and what it did itself, in whichever thread

void scheduled_actor::launch(execution_unit* eu, bool lazy, bool hide) {
  static auto* real = of_caf<void(scheduled_actor*, execution_unit*, bool, bool)>(
      "_ZN3caf15scheduled_actor6launchEPNS_14execution_unitEbb");
  happens_before(this);
  real(this, eu, lazy, hide);
}

void scheduled_actor::enqueue(mailbox_element_ptr mail, execution_unit* eu) {
  static auto* real = of_caf<void(scheduled_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf15scheduled_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_14execution_"
      "unitE");
  happens_before(mail.get());
  real(this, std::move(mail), eu);
}

bool scheduled_actor::activate(execution_unit* eu) {
  static auto* real =
      of_caf<bool(scheduled_actor*, execution_unit*)>("_ZN3caf15scheduled_actor8activateEPNS_14execution_unitE");
  happens_after(this);
  auto alive = real(this, eu);
  happens_before(this);
  return alive;
}

scheduled_actor::activation_result scheduled_actor::reactivate(mailbox_element& mail) {
  static auto* real = of_caf<activation_result(scheduled_actor*, mailbox_element&)>(
      "_ZN3caf15scheduled_actor10reactivateERNS_15mailbox_elementE");
  happens_after(this);
  happens_after(&mail);
  auto result = real(this, mail);
  happens_before(this);
  return result;
}

// -- the same for a thread that waits like an actor (an engine that stops)

void blocking_actor::enqueue(mailbox_element_ptr mail, execution_unit* eu) {
  static auto* real = of_caf<void(blocking_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf14blocking_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_14execution_unitE");
  happens_before(mail.get());
  real(this, std::move(mail), eu);
}

intrusive::task_result blocking_actor::mailbox_visitor::operator()(mailbox_element& mail) {
  static auto* real = of_caf<intrusive::task_result(mailbox_visitor*, mailbox_element&)>(
      "_ZN3caf14blocking_actor15mailbox_visitorclERNS_15mailbox_elementE");
  happens_after(&mail);
  return real(this, mail);
}

// -- who drops the last reference sees what all others did before they dropped theirs

void ref_counted::deref() const noexcept {
  static auto* real = of_caf<void(const ref_counted*)>("_ZNK3caf11ref_counted5derefEv");
  happens_before(this);
  happens_after(this);
  real(this);
}

void intrusive_ptr_release(actor_control_block* x) {
  static auto* real = of_caf<void(actor_control_block*)>("_ZN3caf21intrusive_ptr_releaseEPNS_19actor_control_blockE");
  happens_before(x);
  happens_after(x);
  real(x);
}

void intrusive_ptr_release_weak(actor_control_block* x) {
  static auto* real =
      of_caf<void(actor_control_block*)>("_ZN3caf26intrusive_ptr_release_weakEPNS_19actor_control_blockE");
  happens_before(x);
  happens_after(x);
  real(x);
}

} // namespace caf
