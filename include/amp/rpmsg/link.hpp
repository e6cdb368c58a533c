// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#ifndef AMP_RPMSG_LINK_HPP
#define AMP_RPMSG_LINK_HPP

#include <amp/rpmsg/receiver.hpp>
#include <amp/rpmsg/sender.hpp>

namespace amp
{

/*
 * Two rings that carry rpmsg between two processors. The role is a type, so that no role is tested per message:
 *   remote   DeviceRing both ways
 *   main     DriverRing both ways
 *   peer     DriverRing to transmit, DeviceRing to receive
 * The two directions share nothing: each has its own caller.
 */
template <typename Env, TransmitEnd TxRing, ReceiveEnd RxRing> struct Link {
	Sender<Env, TxRing> to_peer;
	Receiver<Env, RxRing> from_peer;
};

} // namespace amp

#endif
