using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>Device memory for a graph's inputs by name, kept between steps.</summary>
internal sealed class StepInputs(Device device) : IDisposable
{
    private readonly Dictionary<string, GrowingBuffer<int>> ints = [];
    private readonly Dictionary<string, GrowingBuffer<float>> floats = [];

    /// <summary>Copies values to the device and binds an input to them.</summary>
    public void Bind(Plan plan, string name, ReadOnlySpan<int> values) =>
        plan.Bind(plan.Graph.Input(name), Buffer(ints, name).Fill(values));

    /// <inheritdoc cref="Bind(Plan, string, ReadOnlySpan{int})"/>
    public void Bind(Plan plan, string name, ReadOnlySpan<float> values) =>
        plan.Bind(plan.Graph.Input(name), Buffer(floats, name).Fill(values));

    /// <summary>Binds an input to memory that is filled later, during the run.</summary>
    public void BindLater(Plan plan, Value input, int length)
    {
        if (input.Type == Kernels.DType.Int32)
            plan.Bind(input, Buffer(ints, input.Name).View(length));
        else
            plan.Bind(input, Buffer(floats, input.Name).View(length));
    }

    /// <summary>Fills memory that is already bound.</summary>
    public void Fill(string name, ReadOnlySpan<int> values) => Buffer(ints, name).Fill(values);

    /// <inheritdoc cref="Fill(string, ReadOnlySpan{int})"/>
    public void Fill(string name, ReadOnlySpan<float> values) => Buffer(floats, name).Fill(values);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in ints.Values)
            buffer.Dispose();
        foreach (var buffer in floats.Values)
            buffer.Dispose();
    }

    private GrowingBuffer<T> Buffer<T>(Dictionary<string, GrowingBuffer<T>> buffers, string name)
        where T : unmanaged
    {
        if (!buffers.TryGetValue(name, out var buffer))
            buffers.Add(name, buffer = new GrowingBuffer<T>(device));
        return buffer;
    }
}
