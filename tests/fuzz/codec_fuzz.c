/* Any bytes within any budget, in both directions; what was unpacked can be packed again. */
#include <stdlib.h>

#include "proto/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t budget = len > 0 ? (size_t)64 << (bytes[len - 1] % 16) : 0, n;
	Assay__ClientMessage *client = NULL;
	Assay__ServerMessage *server = NULL;
	uint8_t *packed = NULL;

	if (codec_unpack_client(bytes, len, budget, &client) == 0)
		free(codec_pack_client(client, &packed, &n) == 0 ? packed : NULL);
	if (codec_unpack_server(bytes, len, budget, &server) == 0)
		free(codec_pack_server(server, &packed, &n) == 0 ? packed : NULL);
	codec_free_client(client);
	codec_free_server(server);
	return 0;
}
