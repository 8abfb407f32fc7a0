// What to measure on the machine of a profile.
#ifndef TOKCAST_MACHINE_PROFILE_RATES_H_
#define TOKCAST_MACHINE_PROFILE_RATES_H_

#include "machine/profile.h"
#include "machine/rates.h"

namespace tokcast {

RatesOptions rates_options(const Profile& profile, bool quick);

}  // namespace tokcast

#endif  // TOKCAST_MACHINE_PROFILE_RATES_H_
