using System.Diagnostics.CodeAnalysis;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Doors check shapes before a launch: with a short view a kernel can only crash.</summary>
internal static class ShapeCheck
{
    public static void Holds<T>(ArrayView<T> view, long elements, string name, string shape)
        where T : unmanaged
    {
        if (view.Length < elements)
            TooShort(view.Length, elements, name, shape);
    }

    public static void EmptyOrHolds<T>(ArrayView<T> view, long elements, string name, string shape)
        where T : unmanaged
    {
        if (view.Length > 0)
            Holds(view, elements, name, shape);
    }

    public static void Within(long size, long least, long most, string name)
    {
        if (size < least || size > most)
            OutOfRange(size, least, most, name);
    }

    public static void AtLeast(long size, long least, string name) => Within(size, least, int.MaxValue, name);

    /// <summary>Throws unless the rows are whole slices.</summary>
    public static void Slices(int rows, int sliceRows)
    {
        AtLeast(rows, 0, nameof(rows));
        AtLeast(sliceRows, 1, nameof(sliceRows));
        if (rows % sliceRows != 0)
            throw new ArgumentException($"{rows} rows are no whole slices of {sliceRows}.", nameof(sliceRows));
    }

    [DoesNotReturn]
    private static void TooShort(long length, long elements, string name, string shape) =>
        throw new ArgumentException($"{name} holds {length} elements; {shape} needs {elements}.", name);

    [DoesNotReturn]
    private static void OutOfRange(long size, long least, long most, string name) => throw new ArgumentException(
        most == int.MaxValue
            ? $"{name} is {size}; it must be at least {least}."
            : $"{name} is {size}; it must lie from {least} to {most}.", name);
}
