using Blip.Kernels;

namespace Blip.Runtime.Tokenization;

/// <summary>A vocabulary or tokenizer settings that cannot be used; the message names the file, the fault and the remedy.</summary>
public sealed class TokenizerException(string message, Exception? inner = null) : BlipException(message, inner);
