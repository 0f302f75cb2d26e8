using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Generation;

/// <summary>Scores or logits of every row and step, on the host for the user.</summary>
internal sealed class StepOutputs(int rows, int vocabulary)
{
    private readonly List<float[][]> steps = [];

    /// <summary>Copies a step's rows; several may share a source.</summary>
    public void Add(Device device, ArrayView<float> source, int rowsPerSource)
    {
        var copies = new float[(rows + rowsPerSource - 1) / rowsPerSource][];
        device.Synchronize();
        for (var i = 0; i < copies.Length; i++)
        {
            copies[i] = new float[vocabulary];
            source.SubView((long)i * vocabulary, vocabulary).CopyToCPU(device.Stream, copies[i]);
        }
        device.Synchronize();
        steps.Add([.. Enumerable.Range(0, rows).Select(row => copies[row / rowsPerSource])]);
    }

    /// <summary>One row per step, from the first step on.</summary>
    public IReadOnlyList<float[]> Take(IEnumerable<int> rowOfStep) => [.. rowOfStep.Select((row, step) => steps[step][row])];
}
