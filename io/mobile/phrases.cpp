#include "belfry/io/mobile/phrases.hpp"

#include "belfry/messages/language.hpp"

#include <array>

namespace belfry::io::mobile {

namespace {

constexpr std::array<phrases, 4> spoken{{
    {"en", "You have a new notification", "Incoming call", "Incoming video call", "Missed call", "Missed video call",
     "Call answered", "Call answered by somebody else", "Call declined", "Call ended", "New request",
     "You are asked to take over a conversation", "A conversation was delegated to you"},
    {"de", "Sie haben eine neue Benachrichtigung", "Eingehender Anruf", "Eingehender Videoanruf", "Verpasster Anruf",
     "Verpasster Videoanruf", "Anruf angenommen", "Anruf von jemand anderem angenommen", "Anruf abgelehnt",
     "Anruf beendet", "Neue Anfrage", "Sie werden gebeten, ein Gespräch zu übernehmen",
     "Ein Gespräch wurde an Sie delegiert"},
    {"fr", "Vous avez une nouvelle notification", "Appel entrant", "Appel vidéo entrant", "Appel manqué",
     "Appel vidéo manqué", "Appel pris", "Appel pris par quelqu’un d’autre", "Appel refusé", "Appel terminé",
     "Nouvelle demande", "Vous êtes invité à reprendre une conversation", "Une conversation vous a été déléguée"},
    {"it", "Hai una nuova notifica", "Chiamata in arrivo", "Videochiamata in arrivo", "Chiamata persa",
     "Videochiamata persa", "Chiamata accettata", "Chiamata accettata da qualcun altro", "Chiamata rifiutata",
     "Chiamata terminata", "Nuova richiesta", "Ti viene chiesto di prendere in carico una conversazione",
     "Una conversazione ti è stata delegata"},
}};

} // namespace

const phrases& phrases_in(std::string_view locale, std::string_view fallback) {
  return in_language_of(spoken, locale, fallback);
}

} // namespace belfry::io::mobile
