// Between Beast's parser and our values, and the lines of an answer. Pure.
#ifndef TOKCAST_SERVE_HTTP_TEXT_H_
#define TOKCAST_SERVE_HTTP_TEXT_H_

#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

#include "serve/http.h"

namespace tokcast {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

std::string text_of(boost::beast::string_view view);

// All but the body.
WebRequest head_of(const RequestParser& parser, const std::string& peer);

bool asks_for_web_socket(const RequestParser& parser);

// Status line and header fields with the empty line behind them.
std::string head_text(const WebAnswer& answer, bool chunked, bool keep_alive);

// One piece of a chunked body; of an empty one, its end.
std::string chunk_text(std::string_view part);

}  // namespace tokcast

#endif  // TOKCAST_SERVE_HTTP_TEXT_H_
