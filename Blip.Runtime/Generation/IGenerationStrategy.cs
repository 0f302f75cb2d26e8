using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>A way of choosing tokens.</summary>
internal interface IGenerationStrategy
{
    /// <summary>Whether the host reads nothing before a step has ended, so that one capture serves every step.</summary>
    bool StaysOnDevice { get; }

    /// <summary>Queues a step's choice and the download for <see cref="Collect"/>.</summary>
    /// <param name="logits"><c>[sources, vocabulary]</c> on the device.</param>
    /// <param name="rowsPerSource">Rows that share a source: the image's beams after the prompt, 1 after a step.</param>
    void Choose(ArrayView<float> logits, int rowsPerSource);

    /// <summary>Waits for the step and collects its result.</summary>
    /// <returns>True once every sequence has ended.</returns>
    bool Collect();

    /// <summary>The sequences of each image; the best first in beam search.</summary>
    GeneratedSequence[][] Sequences();
}
