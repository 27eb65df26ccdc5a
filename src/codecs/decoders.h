#pragma once
// One decode function per codec, each in the file of its name; codec.h has their contract.

#include "codecs/codec.h"

namespace rutter {

#define RUTTER_DECODER(Name) \
  Result<std::size_t> Name(std::span<const std::byte> in, std::span<std::byte> out, const CodecSpec& spec, const CodecContext& context)

RUTTER_DECODER(DecodeDeflate);
RUTTER_DECODER(DecodeGzip);
RUTTER_DECODER(DecodeShuffle);
RUTTER_DECODER(DecodeFletcher32);
RUTTER_DECODER(DecodeSzip);
RUTTER_DECODER(DecodeNbit);
RUTTER_DECODER(DecodeScaleOffset);
RUTTER_DECODER(DecodeLzf);
RUTTER_DECODER(DecodeBlosc);
RUTTER_DECODER(DecodeBlosc2);
RUTTER_DECODER(DecodeZstd);
RUTTER_DECODER(DecodeLz4Hdf5);
RUTTER_DECODER(DecodeLz4);
RUTTER_DECODER(DecodeBitshuffle);
RUTTER_DECODER(DecodeBzip2);
RUTTER_DECODER(DecodeZfp);
RUTTER_DECODER(DecodeRounding);
RUTTER_DECODER(DecodeDelta);
RUTTER_DECODER(DecodeFixedScaleOffset);

}  // namespace rutter
