using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>A way of choosing tokens: <see cref="TokenSearch"/> (greedy search and sampling) or <see cref="BeamSearch"/>.</summary>
internal interface IGenerationStrategy
{
    /// <summary>Whether nothing is read on the host before a step has ended, so that one capture serves every step.</summary>
    bool StaysOnDevice { get; }

    /// <summary>Queues the choice of a step, and the copy to the host for <see cref="Collect"/>.</summary>
    /// <param name="logits"><c>[sources, vocabulary]</c> on the device.</param>
    /// <param name="rowsPerSource">Rows that read one source: the beams of an image behind its prompt, 1 behind a step.</param>
    void Choose(ArrayView<float> logits, int rowsPerSource);

    /// <summary>Waits for the step and takes down its outcome.</summary>
    /// <returns>True when every sequence has ended.</returns>
    bool Collect();

    /// <summary>The sequences of each image, of a beam search the best first.</summary>
    GeneratedSequence[][] Sequences();
}
